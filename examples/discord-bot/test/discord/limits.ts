import {
  type APIApplicationCommandOption,
  type APIApplicationCommandOptionChoice,
  ApplicationCommandOptionType,
  ComponentType,
  type RESTPostAPIApplicationCommandsJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
} from 'discord.js';
import { invalidForm, type Refusal } from './errors.ts';

const COMMAND_NAME = /^[-_'\p{L}\p{N}]{1,32}$/u;

/** Collects what is wrong with a body. */
class Problems {
  readonly found: string[] = [];

  length(what: string, text: string | undefined, max: number, min = 0): void {
    const { length } = text ?? '';
    if (length < min || length > max) this.found.push(`${what}: ${length}, not ${min}-${max}`);
  }

  isTrue(what: string, condition: boolean): void {
    if (!condition) this.found.push(what);
  }

  refusal(): Refusal | undefined {
    return this.found.length > 0 ? invalidForm(this.found) : undefined;
  }
}

/** What Discord has against a message: the lengths and numbers it documents. */
export function refusalOfMessage(body: RESTPostAPIChannelMessageJSONBody): Refusal | undefined {
  const problems = new Problems();
  const { content, embeds = [], components = [] } = body;
  problems.length('content', content ?? '', 2000);
  problems.isTrue('empty message', Boolean(content) || embeds.length > 0);
  problems.isTrue('more than 10 embeds', embeds.length <= 10);
  for (const { title, description, footer, fields = [] } of embeds) {
    problems.length('title', title, 256);
    problems.length('description', description, 4096);
    problems.length('footer', footer?.text, 2048);
    problems.isTrue('more than 25 fields', fields.length <= 25);
    problems.isTrue('empty embed', Boolean(title || description) || fields.length > 0);
    const texts = [title, description, footer?.text, ...fields.flatMap((f) => [f.name, f.value])];
    problems.length('embed', texts.join(''), 6000);
  }
  const ids: string[] = [];
  for (const row of components) {
    if (row.type !== ComponentType.ActionRow) continue;
    problems.isTrue('buttons in a row', row.components.length >= 1 && row.components.length <= 5);
    for (const button of row.components) {
      if (button.type !== ComponentType.Button || !('custom_id' in button)) continue;
      ids.push(button.custom_id);
      problems.length('custom_id', button.custom_id, 100, 1);
      problems.length('label', 'label' in button ? button.label : '', 80);
    }
  }
  problems.isTrue('custom_id twice', new Set(ids).size === ids.length);
  return problems.refusal();
}

/** What Discord has against the choices that an autocompletion offers. */
export function refusalOfChoices(
  choices: readonly APIApplicationCommandOptionChoice[],
): Refusal | undefined {
  const problems = new Problems();
  problems.isTrue('more than 25 choices', choices.length <= 25);
  for (const { name, value } of choices) {
    problems.length('choice name', name, 100, 1);
    if (typeof value === 'string') problems.length('choice value', value, 100);
  }
  return problems.refusal();
}

/** What Discord has against commands that are to be registered. */
export function refusalOfCommands(
  commands: readonly RESTPostAPIApplicationCommandsJSONBody[],
): Refusal | undefined {
  const problems = new Problems();
  const names = commands.map(({ name }) => name);
  problems.isTrue('a name twice', new Set(names).size === names.length);
  for (const command of commands) {
    checkNamed(problems, command);
    checkOptions(problems, 'options' in command ? (command.options ?? []) : []);
  }
  return problems.refusal();
}

function checkNamed(
  problems: Problems,
  named: { name: string; description?: string | undefined },
): void {
  const { name, description = '' } = named;
  problems.isTrue(`name: ${name}`, COMMAND_NAME.test(name) && name === name.toLowerCase());
  problems.length(`description of ${name}`, description, 100, 1);
}

function checkOptions(problems: Problems, options: readonly APIApplicationCommandOption[]): void {
  problems.isTrue('more than 25 options', options.length <= 25);
  const firstOptional = options.findIndex(({ required }) => !required);
  options.forEach((option, i) => {
    checkNamed(problems, option);
    problems.isTrue(
      `${option.name} is required, after one that isn't`,
      !option.required || firstOptional === -1 || i < firstOptional,
    );
    if (option.type !== ApplicationCommandOptionType.String || !option.autocomplete) return;
    problems.isTrue(`choices and autocomplete: ${option.name}`, !('choices' in option));
  });
}
