import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeBlocks, compile, deadLinks, documents, root } from './support/docs.ts';

describe('the documents', () => {
  it('have code that compiles, and so have the examples of the API', { timeout: 60_000 }, () => {
    const blocks = codeBlocks.filter(({ language }) => language === 'ts');
    expect(blocks.length).toBeGreaterThan(15);
    expect(compile(blocks)).toEqual([]);
  });

  it('name their languages, and no other TypeScript than what is compiled', () => {
    const languages = new Set(codeBlocks.map(({ language }) => language));
    expect(
      [...languages].filter((language) => !['ts', 'sh', 'sql', 'text'].includes(language)),
    ).toEqual([]);
  });

  it('name scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = documents.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/npm run ([\w:-]+)/g)].map(
        ([, name]) => name,
      ),
    );
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(scripts).toHaveProperty([name as string]);
  });

  it.each(documents)('%s has no link that leads nowhere', (file) => {
    expect(deadLinks(file)).toEqual([]);
  });

  it('are on the site, all that are in docs/', () => {
    const { projectDocuments } = JSON.parse(readFileSync(join(root, 'typedoc.json'), 'utf8')) as {
      projectDocuments: string[];
    };
    const guides = documents.filter((file) => file.startsWith('docs/'));
    expect(projectDocuments).toEqual(expect.arrayContaining(guides));
  });

  it('README.md is at most 250 lines long', () => {
    expect(readFileSync(join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(
      250,
    );
  });
});
