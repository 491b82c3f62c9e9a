// GPP strings by the IAB's own library.
// `node gpp.mjs encode COUNT SEED` prints JSON lines of {string, sections};
// `node gpp.mjs decode` reads a string a line, and prints {sections} or {error} for each.
import { createInterface } from "node:readline";
import { GppModel } from "@iabgpp/cmpapi";
import { Sections } from "./node_modules/@iabgpp/cmpapi/lib/mjs/encoder/section/Sections.js";
import { RangeEntry } from "./node_modules/@iabgpp/cmpapi/lib/mjs/encoder/datatype/RangeEntry.js";
import { seeded } from "./seeded.mjs";

const TIMES = ["Created", "LastUpdated"];
const SELDOM_ZERO = "MspaCoveredTransaction";
const FIXED = /Version$|SegmentType$|SegmentIncluded$|^Created$|^LastUpdated$/;

function sections(string) {
  const model = new GppModel(string);
  const found = {};
  for (const name of Sections.SECTION_ORDER) {
    if (model.hasSection(name)) found[name] = model.getSection(name);
  }
  return found;
}

function mutated(random, value) {
  if (Array.isArray(value) && value.every((item) => typeof item === "boolean")) {
    return value.map(() => random.chance(0.5));
  }
  if (Array.isArray(value)) return value.map(() => random.below(3));
  return typeof value === "boolean" ? random.chance(0.5) : random.below(3);
}

function vendors(random) {
  if (random.chance(0.2)) return [];
  if (random.chance(0.5)) return random.subset(random.pick([20, 400]), random.pick([0.05, 0.6]));
  const first = random.below(900) + 1;
  return Array.from({ length: random.below(200) + 1 }, (_, step) => first + step);
}

function tcf(random, model, name, restrictions) {
  const set = (field, value) => model.setFieldValue(name, field, value);
  set("CmpId", random.below(4096));
  set("CmpVersion", random.below(4096));
  set("ConsentScreen", random.below(64));
  set("ConsentLanguage", random.letters(2));
  set("VendorListVersion", random.below(4096));
  const custom = random.pick([0, 1, 9]);
  const flags = (length, share) => Array.from({ length }, () => random.chance(share));
  if (name === "tcfeuv2") {
    set("SpecialFeatureOptins", flags(12, 0.5));
    set("PurposeConsents", flags(24, 0.5));
    set("PurposeLegitimateInterests", flags(24, 0.5));
    set("VendorConsents", vendors(random));
    set("VendorLegitimateInterests", vendors(random));
    set("VendorsDisclosed", vendors(random));
    set("PublisherConsents", flags(24, 0.5));
    set("NumCustomPurposes", custom);
    set("PublisherCustomConsents", flags(custom, 0.5));
    set("PublisherCustomLegitimateInterests", flags(custom, 0.5));
    set("PublisherRestrictions", restrictions);
  } else {
    set("SpecialFeatureExpressConsent", flags(12, 0.5));
    set("PurposesExpressConsent", flags(24, 0.5));
    set("PurposesImpliedConsent", flags(24, 0.5));
    set("VendorExpressConsent", vendors(random));
    set("VendorImpliedConsent", vendors(random));
    set("DisclosedVendors", vendors(random));
    set("PubPurposesExpressConsent", flags(24, 0.5));
    set("NumCustomPurposes", custom);
    set("CustomPurposesExpressConsent", flags(custom, 0.5));
    set("CustomPurposesImpliedConsent", flags(custom, 0.5));
    set("PubRestrictions", restrictions);
  }
}

function usState(random, model, name) {
  model.setFieldValue(name, SELDOM_ZERO, 1);  // makes the section, with its defaults
  for (const [field, value] of Object.entries(model.getSection(name))) {
    if (FIXED.test(field)) continue;
    const wanted = field === SELDOM_ZERO ? 1 + random.below(2) : mutated(random, value);
    model.setFieldValue(name, field, wanted);
  }
}

function encoded(random) {
  const model = new GppModel();
  for (const name of Sections.SECTION_ORDER) {
    if (!random.chance(0.3)) continue;
    if (name.startsWith("tcf")) {
      const restrictions = random.chance(0.5) ? [] : [
        new RangeEntry(1 + random.below(24), random.below(3), vendors(random)),
        new RangeEntry(1 + random.below(24), random.below(3), vendors(random)),
      ];
      tcf(random, model, name, restrictions);
    } else if (name === "uspv1") {
      for (const field of ["Notice", "OptOutSale", "LspaCovered"]) {
        model.setFieldValue(name, field, random.pick(["Y", "N", "-"]));
      }
    } else {
      usState(random, model, name);
    }
  }
  const string = model.encode();
  return { string, sections: sections(string) };
}

const [mode, count, seed] = process.argv.slice(2);
if (mode === "encode") {
  const random = seeded(Number(seed));
  for (let left = Number(count); left > 0; left--) console.log(JSON.stringify(encoded(random)));
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      console.log(JSON.stringify({ sections: sections(line) }));
    } catch (error) {
      console.log(JSON.stringify({ error: error.message }));
    }
  }
}
