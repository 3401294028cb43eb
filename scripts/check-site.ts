// Looks through the built site: every link leads somewhere, every picture is there, every public name has an example.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Folders of pages that are a public name each. */
const API = ['classes', 'functions', 'interfaces', 'types', 'variables'];

/** What is told about a page, for each thing that is wrong with it. */
export function faults(site: string): string[] {
  const pages = new Map(
    readdirSync(site, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.html'))
      .map((path) => [join(site, path), readFileSync(join(site, path), 'utf8')] as const),
  );
  const anchors = new Map([...pages].map(([path, html]) => [path, idsOf(html)] as const));
  return [...pages].flatMap(([path, html]) => {
    const name = relative(site, path);
    const links = attributes(html, 'href|src');
    const wrong = [...new Set(links)].flatMap((link) => faultOf(link, path, anchors) ?? []);
    // The parts of Standard Schema are its own affair.
    const isName = API.includes(dirname(name)) && !/\.StandardSchemaV1\.(?!html)/.test(name);
    if (isName) wrong.push(...namesWithoutExample(html, name.startsWith('classes')));
    return wrong.map((fault) => `${name} ${fault}`);
  });
}

function faultOf(
  link: string,
  page: string,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  // A scheme, or no more than a button.
  if (/^[a-z]+:/.test(link) || link === '#') return undefined;
  const [path = '', anchor] = link.split('#').map(decodeURIComponent);
  const target = path === '' ? page : resolve(dirname(page), path);
  if (!existsSync(target)) return `links to ${link}, which isn't there`;
  if (/\/media\/.*\.(md|ts|js|json|sql)$/.test(target)) {
    return `has the source file ${path} for a download: link to it on GitHub`;
  }
  if (anchor && target.endsWith('.html') && !anchors.get(target)?.has(anchor)) {
    return `links to ${link}, which has no such place`;
  }
  return undefined;
}

const EXAMPLE = 'tsd-tag-example';

/** The name that the page is about, and the methods of a class. */
function namesWithoutExample(html: string, isClass: boolean): string[] {
  const [own = '', ...members] = html.split('<section class="tsd-panel tsd-member"');
  const methods = members.filter((member) => isClass && member.includes('tsd-kind-call-signature'));
  return [
    ...(own.includes(EXAMPLE) ? [] : ['has no example']),
    ...methods
      .filter((method) => !method.includes(EXAMPLE))
      .map((method) => `has no example of ${/ id="([^"]*)"/.exec(method)?.[1]}`),
  ];
}

function idsOf(html: string): ReadonlySet<string> {
  return new Set(attributes(html, 'id'));
}

function attributes(html: string, names: string): string[] {
  return [...html.matchAll(new RegExp(`\\s(?:${names})="([^"]*)"`, 'g'))].map(([, value = '']) =>
    value.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&lt;', '<'),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = faults(resolve(import.meta.dirname, '../site'));
  for (const fault of found) console.error(fault);
  console.log(found.length === 0 ? 'The site is whole.' : `${found.length} faults in the site`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
