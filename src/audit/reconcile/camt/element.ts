import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { StatementError } from '../statement.js';

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // An amount is a text, and stays one.
  parseTagValue: false,
  parseAttributeValue: false,
  // That is what it takes to decode `&#233;`.
  htmlEntities: true,
});

/** An element of an XML file, which knows where it stands. */
export class Element {
  private constructor(
    readonly path: string,
    private readonly value: unknown,
  ) {}

  /** The document's element of that name. @throws StatementError with line and column where it is no XML */
  static root(xml: string, name: string): Element {
    const valid = XMLValidator.validate(xml);
    if (valid !== true) {
      const { line, col, msg } = valid.err;
      throw new StatementError(`line ${line}${col === undefined ? '' : `, column ${col}`}`, `no XML: ${msg}`);
    }
    // Nothing that a statement needs, and a way to make a small file a large one.
    if (/<!DOCTYPE/i.test(xml)) throw new StatementError('the file', 'a document type is not accepted');
    return new Element('', parsed(xml)).need(name);
  }

  /** Its children of that name, in their order. */
  all(name: string): Element[] {
    const { path, value } = this;
    const found =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : [];
    const place = path === '' ? name : `${path}/${name}`;
    if (!Array.isArray(found)) return [new Element(place, found)];
    return found.map((one, index) => new Element(`${place}[${index + 1}]`, one));
  }

  /** What a way such as `Amt` or `Dt/DtTm` leads to, if it is there. @throws StatementError where there are several */
  find(way: string): Element | undefined {
    let at: Element | undefined = this;
    for (const name of way.split('/')) {
      const found: Element[] = at?.all(name) ?? [];
      if (found.length > 1)
        throw new StatementError(at?.path ?? '', `it has ${found.length} of ${name}, not one`);
      at = found[0];
    }
    return at;
  }

  need(way: string): Element {
    const found = this.find(way);
    if (found === undefined) throw new StatementError(this.path || 'the file', `it has no ${way}`);
    return found;
  }

  /** What it says; empty for an element that has elements. */
  get text(): string {
    const { value } = this;
    if (typeof value === 'string') return value.trim();
    const text = (value as { '#text'?: unknown } | null)?.['#text'];
    return typeof text === 'string' ? text.trim() : '';
  }

  /** The texts of every element that the way leads to. */
  texts(way: string): string[] {
    const [first = '', ...rest] = way.split('/');
    const found = this.all(first);
    const texts =
      rest.length === 0 ? found.map(({ text }) => text) : found.flatMap((one) => one.texts(rest.join('/')));
    return texts.filter((text) => text !== '');
  }

  attribute(name: string): string | undefined {
    const found = (this.value as Record<string, unknown> | null)?.[`@${name}`];
    return typeof found === 'string' ? found : undefined;
  }
}

/** The parser has limits of its own, and names that it does not take. */
function parsed(xml: string): unknown {
  try {
    return parser.parse(xml);
  } catch (error) {
    throw new StatementError('the file', error instanceof Error ? error.message : String(error));
  }
}
