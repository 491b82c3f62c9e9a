// Random numbers that are the same for the same seed (mulberry32).
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit) => Math.floor(next() * limit);
  return {
    below,
    chance: (share) => next() < share,
    pick: (choices) => choices[below(choices.length)],
    subset: (highest, share) =>
      Array.from({ length: highest }, (_, index) => index + 1).filter(() => next() < share),
    letters: (count) =>
      Array.from({ length: count }, () => String.fromCharCode(65 + below(26))).join(""),
  };
}
