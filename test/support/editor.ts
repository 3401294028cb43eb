import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CONFIG = `${ROOT}tsconfig.all.json`;
/** There is no such file: what stands in it is made up. */
const PATH = `${ROOT}test/adapters/in-the-editor.ts`;

/** A compile error, and the code that it is at. */
interface Complaint {
  readonly at: string;
  readonly message: string;
}

/** A statement in a file, and what an editor says of it. */
export interface Statement {
  complaints(): Complaint[];
  /** What is offered where the statement has `|`, in order of the alphabet. */
  completions(): string[];
}

/** Opens a file of statements as an editor does: all at once, since each time takes its while. */
export function openInEditor(head: string, statements: readonly string[]): Statement[] {
  let text = head;
  const starts = statements.map((statement) => {
    const start = text.length;
    text += `${statement.replace('|', '')};\n`;
    return start;
  });
  const service = serviceOf(text);
  return statements.map((statement, index) => {
    const start = starts[index] ?? 0;
    const end = starts[index + 1] ?? text.length;
    return {
      complaints: () =>
        [...service.getSyntacticDiagnostics(PATH), ...service.getSemanticDiagnostics(PATH)]
          .filter((found) => found.start === undefined || isWithin(found.start, start, end))
          .map((found) => ({
            at: text.slice(found.start, (found.start ?? 0) + (found.length ?? 0)),
            message: ts.flattenDiagnosticMessageText(found.messageText, '\n'),
          })),
      completions: () => {
        const at = start + statement.indexOf('|');
        const found = service.getCompletionsAtPosition(PATH, at, undefined);
        return (found?.entries ?? []).map(({ name }) => name).sort();
      },
    };
  });
}

function isWithin(position: number, start: number, end: number): boolean {
  return position >= start && position < end;
}

function serviceOf(text: string): ts.LanguageService {
  const { sys } = ts;
  const config = ts.getParsedCommandLineOfConfigFile(CONFIG, undefined, {
    ...sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
    },
  });
  const isIt = (path: string): boolean => path === PATH;
  return ts.createLanguageService({
    getCompilationSettings: () => config?.options ?? {},
    getCurrentDirectory: () => ROOT,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => [PATH],
    getScriptVersion: () => '',
    getScriptSnapshot: (path) => {
      const content = isIt(path) ? text : sys.readFile(path);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    fileExists: (path) => isIt(path) || sys.fileExists(path),
    readFile: sys.readFile,
    directoryExists: sys.directoryExists,
    getDirectories: sys.getDirectories,
  });
}
