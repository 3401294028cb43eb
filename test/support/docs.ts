import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** A block of code in a document, and where it begins. */
export interface Block {
  readonly file: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** What it prints: the `text` that follows it, with nothing in between. */
  readonly output?: string | undefined;
}

const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path));

/** Everything that is written to be read. */
export const documents: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'examples/README.md',
  'examples/discord-bot/README.md',
  'examples/live/README.md',
  'examples/supabase-stack/README.md',
  ...filesIn('docs', '.md'),
].filter((path) => existsSync(join(root, path)));

/** The fenced blocks of a text; those in a docstring without its asterisks. */
function blocksOf(file: string): Block[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const blocks: Block[] = [];
  let open: { line: number; language: string; code: string[] } | undefined;
  /** The block that has just ended, with nothing behind it yet. */
  let last: Block | undefined;
  lines.forEach((raw, i) => {
    const line = file.endsWith('.ts') ? raw.replace(/^\s*\*( |$)/, '') : raw;
    const fence = /^```(.*)$/.exec(line);
    if (fence && !open) open = { line: i + 2, language: fence[1] ?? '', code: [] };
    else if (fence && open) {
      const block = { ...open, file, code: open.code.join('\n') };
      const isOutput = last?.language === 'ts' && block.language === 'text';
      blocks.push(block);
      if (isOutput) blocks.splice(-2, 1, { ...(last as Block), output: block.code });
      last = block;
      open = undefined;
    } else if (open) open.code.push(line);
    else if (line.trim() !== '') last = undefined;
  });
  return blocks;
}

export const codeBlocks: readonly Block[] = [...documents, ...filesIn('src', '.ts')].flatMap(
  blocksOf,
);

/** Compiles the blocks, each a module of its own, and gives what the compiler has against them. */
export function compile(blocks: readonly Block[]): string[] {
  const config = ts.readConfigFile(join(root, 'tsconfig.all.json'), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const virtual = new Map(
    blocks.map((block, i) => [join(root, 'docs', `block-${i}.ts`), block] as const),
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const codeOf = (path: string): string | undefined => {
    const block = virtual.get(resolve(path));
    // A block without imports is a module nonetheless.
    return block && `${block.code}\nexport {};\n`;
  };
  host.fileExists = (path) => virtual.has(resolve(path)) || fileExists(path);
  host.readFile = (path) => codeOf(path) ?? readFile(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const code = codeOf(path);
    return code === undefined
      ? getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, code, languageVersion);
  };
  const program = ts.createProgram(
    [...virtual.keys()],
    { ...options, noUnusedLocals: false, noUnusedParameters: false },
    host,
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n');
    const block = file && virtual.get(resolve(file.fileName));
    if (!block || !file) return `${file?.fileName}: ${message}`;
    const { line } = file.getLineAndCharacterOfPosition(start);
    return `${block.file}:${block.line + line}: ${message}`;
  });
}

/** Where the repository's files are seen. */
const ON_GITHUB = /^https:\/\/github\.com\/warm-cache\/warm-cache\/(?:blob|tree)\/main\//;

/** What a document links to or shows, outside its code. */
function linksOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^```.*?^```$/gms, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)|\s(?:src|href)="([^"]+)"/g)].map(
    ([, markdown, html]) => (markdown ?? html) as string,
  );
}

/** The places of a document that a link can name, as GitHub calls them: its headings. */
function anchorsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8').replaceAll(/^```.*?^```$/gms, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The links and pictures of a document, within the repository, that lead nowhere. */
export function deadLinks(file: string): string[] {
  return linksOf(file).filter((link) => {
    const inside = link.replace(ON_GITHUB, '/');
    if (/^[a-z]+:/.test(inside)) return false;
    const [path = '', anchor] = inside.split('#');
    const folder = path.startsWith('/') ? root : join(root, dirname(file));
    const target = path === '' ? join(root, file) : join(folder, path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}
