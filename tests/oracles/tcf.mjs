// TC strings by the IAB's own library.
// `node tcf.mjs encode COUNT SEED` prints JSON lines of {string, fields};
// `node tcf.mjs decode` reads a string a line, and prints {fields} or {error} for each.
import { createInterface } from "node:readline";
import { GVL, PurposeRestriction, TCModel, TCString } from "@iabtechlabtcf/core";
import { seeded } from "./seeded.mjs";

const CONSENT_PURPOSES = [1, 3, 4, 5, 6];
const INTEREST_PURPOSES = [2, 7, 8, 9, 10, 11];
const FLEXIBLE = [2, 3, 4, 7, 8, 9, 10, 11];
const none = {};
const purposes = Object.fromEntries(
  [...CONSENT_PURPOSES, ...INTEREST_PURPOSES].map((id) => [id, { id, name: `Purpose ${id}` }]));

const lists = new Map();  // each takes a while to make

function vendorList(version, policy, highest) {
  const name = [version, policy, highest].join();
  if (!lists.has(name)) lists.set(name, newVendorList(version, policy, highest));
  return lists.get(name);
}

function newVendorList(version, policy, highest) {
  const vendors = {};
  for (let id = 1; id <= highest; id++) {
    vendors[id] = {
      id, name: `Vendor ${id}`, purposes: CONSENT_PURPOSES, legIntPurposes: INTEREST_PURPOSES,
      flexiblePurposes: FLEXIBLE, specialPurposes: [], features: [], specialFeatures: [],
      policyUrl: "", usesCookies: true, cookieRefresh: false, cookieMaxAgeSeconds: 0,
      usesNonCookieAccess: false,
    };
  }
  return new GVL({
    gvlSpecificationVersion: 3, vendorListVersion: version, tcfPolicyVersion: policy,
    lastUpdated: "2026-01-01T00:00:00Z", purposes, specialPurposes: none, features: none,
    specialFeatures: none, stacks: none, vendors,
  });
}

function ids(vector) {
  const found = [];
  vector.forEach((has, id) => { if (has) found.push(id); });
  return found;
}

function fields(model) {
  const restrictions = [];
  for (const restriction of model.publisherRestrictions.getRestrictions()) {
    restrictions.push([restriction.purposeId, restriction.restrictionType,
      model.publisherRestrictions.getVendors(restriction)]);
  }
  return {
    created_ds: Math.round(model.created.getTime() / 100),
    last_updated_ds: Math.round(model.lastUpdated.getTime() / 100),
    cmp_id: model.cmpId, cmp_version: model.cmpVersion, consent_screen: model.consentScreen,
    consent_language: model.consentLanguage, vendor_list_version: model.vendorListVersion,
    policy_version: model.policyVersion, is_service_specific: Boolean(model.isServiceSpecific),
    use_non_standard_texts: Boolean(model.useNonStandardTexts),
    purpose_one_treatment: Boolean(model.purposeOneTreatment),
    publisher_country: model.publisherCountryCode, custom_purposes: model.numCustomPurposes,
    special_features: ids(model.specialFeatureOptins),
    purpose_consents: ids(model.purposeConsents),
    purpose_interests: ids(model.purposeLegitimateInterests),
    publisher_consents: ids(model.publisherConsents),
    publisher_interests: ids(model.publisherLegitimateInterests),
    custom_consents: ids(model.publisherCustomConsents),
    custom_interests: ids(model.publisherCustomLegitimateInterests),
    vendor_consents: ids(model.vendorConsents),
    vendor_interests: ids(model.vendorLegitimateInterests),
    vendors_disclosed: ids(model.vendorsDisclosed), vendors_allowed: ids(model.vendorsAllowed),
    restrictions: restrictions.sort((a, b) => a[0] - b[0] || a[1] - b[1]),
  };
}

function someVendors(random, highest) {
  if (random.chance(0.2)) return [];
  if (random.chance(0.4)) return random.subset(highest, random.pick([0.01, 0.1, 0.5, 0.9]));
  const first = random.below(highest) + 1;  // one long run, which becomes a range
  return Array.from({ length: Math.min(highest - first + 1, random.below(400) + 1) },
    (_, step) => first + step);
}

function randomModel(random) {
  const highest = random.pick([40, 300, 1500]);
  const model = new TCModel(vendorList(random.pick([1, 120, 4095]), random.pick([2, 4, 4, 5, 5]), highest));
  const day = Date.UTC(2020, 0, 1) + random.below(3000) * 86_400_000;
  model.created = new Date(day);
  model.lastUpdated = new Date(day + random.pick([0, 86_400_000, 12_345_600]));
  model.cmpId = 2 + random.below(4000);
  model.cmpVersion = random.below(4096);
  model.consentScreen = random.below(64);
  model.publisherCountryCode = random.letters(2);
  model.isServiceSpecific = random.chance(0.8);
  model.useNonStandardTexts = random.chance(0.5);
  model.purposeOneTreatment = random.chance(0.5);
  model.specialFeatureOptins.set(random.subset(12, 0.3));
  model.purposeConsents.set(random.subset(24, random.pick([0, 0.5, 1])));
  model.purposeLegitimateInterests.set(random.subset(24, 0.5));
  model.publisherConsents.set(random.subset(24, 0.5));
  model.publisherLegitimateInterests.set(random.subset(24, 0.5));
  const custom = random.pick([0, 0, 1, 7, 60]);
  model.numCustomPurposes = custom;
  model.publisherCustomConsents.set(random.subset(custom, 0.5));
  model.publisherCustomLegitimateInterests.set(random.subset(custom, 0.5));
  model.vendorConsents.set(someVendors(random, highest));
  model.vendorLegitimateInterests.set(someVendors(random, highest));
  model.vendorsDisclosed.set(someVendors(random, highest));
  model.vendorsAllowed.set(someVendors(random, highest));
  model.supportOOB = random.chance(0.5);
  for (let count = random.pick([0, 0, 1, 5]); count > 0; count--) {
    const restriction = new PurposeRestriction(random.pick([2, 3, 4, 7]), random.below(3));
    for (const vendor of someVendors(random, highest)) {
      model.publisherRestrictions.add(vendor, restriction);
    }
  }
  return model;
}

function encoded(random) {
  const model = randomModel(random);
  const string = TCString.encode(model, { isForVendors: random.chance(0.5) });
  return { string, fields: fields(TCString.decode(string)), asked: fields(model) };
}

const [mode, count, seed] = process.argv.slice(2);
if (mode === "encode") {
  const random = seeded(Number(seed));
  for (let left = Number(count); left > 0; left--) console.log(JSON.stringify(encoded(random)));
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      console.log(JSON.stringify({ fields: fields(TCString.decode(line)) }));
    } catch (error) {
      console.log(JSON.stringify({ error: error.message }));
    }
  }
}
