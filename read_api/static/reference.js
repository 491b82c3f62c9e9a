// Renders /openapi.json: one section a tag, one fold an operation.
const place = document.querySelector("#reference");
const search = document.querySelector("#search");
const api = await (await fetch("/openapi.json")).json();

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function resolved(schema) {
  return schema?.$ref ? api.components.schemas[schema.$ref.split("/").pop()] : schema;
}

function typed(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typed).join(" or ");
  if (schema.enum) return schema.enum.join(", ");
  if (schema.type === "array") return `list of ${typed(schema.items) || "anything"}`;
  return [schema.type, schema.format].filter(Boolean).join(", ");
}

function prose(text) {
  const made = element("span", undefined, "soft");
  text.split("`").forEach((part, index) => made.append(index % 2 ? element("code", part) : part));
  return made;
}

function table(rows) {
  const scroll = element("div", undefined, "scroll");
  const made = element("table");
  for (const cells of rows) {
    const row = made.insertRow();
    cells.forEach((cell, index) => {
      const shown = element(index ? "td" : "th", cell);
      if (!index) shown.scope = "row";
      row.append(shown);
    });
  }
  scroll.append(made);
  return scroll;
}

function fields(schema) {
  const object = resolved(schema);
  if (!object?.properties) return element("p", typed(schema) || "anything", "soft");
  return table(Object.entries(object.properties).map(([name, inner]) => [
    name + (object.required?.includes(name) ? "" : " (optional)"), typed(inner),
  ]));
}

function example(media) {
  const pre = element("pre", JSON.stringify(media.example, null, 2));
  pre.tabIndex = 0;
  return pre;
}

function operation(path, method, told) {
  const fold = element("details", undefined, "operation");
  fold.dataset.words = `${path} ${method} ${told.summary} ${told.tags}`.toLowerCase();
  const summary = element("summary");
  summary.append(element("span", method.toUpperCase(), "method"), element("code", path), prose(told.summary));
  fold.append(summary);
  if (told.parameters.length) {
    fold.append(element("h4", "Parameters"), table(told.parameters.map((one) => [
      one.name + (one.required ? "" : " (optional)"), one.in, typed(one.schema), one.description ?? "",
    ])));
  }
  const body = told.requestBody?.content["application/json"];
  if (body) {
    fold.append(element("h4", "Body"), fields(body.schema));
    if (body.example) fold.append(example(body));
  }
  for (const [status, answer] of Object.entries(told.responses)) {
    const media = Object.values(answer.content ?? {})[0];
    if (!media || status === "default") continue;
    fold.append(element("h4", `Answer ${status}`), fields(media.schema));
    if (media.example) fold.append(example(media));
  }
  return fold;
}

const sections = new Map();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, told] of Object.entries(methods)) {
    const tag = told.tags[0] ?? "Other";
    if (!sections.has(tag)) {
      const section = element("section");
      section.append(element("h2", tag));
      sections.set(tag, section);
    }
    sections.get(tag).append(operation(path, method, told));
  }
}
place.replaceChildren(...[...sections].sort().map(([, section]) => section));
place.removeAttribute("aria-busy");

search.addEventListener("input", () => {
  const wanted = search.value.trim().toLowerCase().split(/\s+/);
  for (const fold of place.querySelectorAll(".operation")) {
    fold.hidden = !wanted.every((word) => fold.dataset.words.includes(word));
  }
  for (const section of place.querySelectorAll("section")) {
    section.hidden = !section.querySelector(".operation:not([hidden])");
  }
});
