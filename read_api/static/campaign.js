// Says when somebody else has moved this campaign, so that nobody acts on an old page.
const notice = document.querySelector("#moved");
const stream = new EventSource(`/live?after=${notice.dataset.position}`);
addEventListener("pagehide", () => stream.close());

stream.addEventListener("card", (event) => {
  if (JSON.parse(event.data).id !== notice.dataset.campaign) return;
  const again = document.createElement("a");
  again.href = location.pathname;
  again.textContent = "This campaign has changed: show it as it is now";
  notice.replaceChildren(again);
});
