/** What a terminal acts on instead of showing it: control characters, line breaks, and what turns the direction of a text. */
const ACTED_ON = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A line for a person, with texts of unknown origin in it: whoever wrote them must not write the verdict as well. */
export const visible = (line: string): string =>
  line.replace(ACTED_ON, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
