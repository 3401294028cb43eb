// What the site has beyond typedoc's own: sections that stand open, a way on from each guide to the next, a description of
// each page for search engines, and landmarks for screen readers.
import {
  type Application,
  type Context,
  Converter,
  type DeclarationReflection,
  type DocumentReflection,
  JSX,
  PageEvent,
  ReflectionKind,
} from 'typedoc';

/** Said before typedoc's own script looks: a section that nobody has closed is open. */
const open = (sections: readonly string[]): string => `
try {
  for (const section of ${JSON.stringify(sections)}) {
    localStorage['tsd-accordion-' + section] ??= 'true';
  }
} catch {}`;

const NODES_OWN = /\/node_modules\/(@types\/node|typescript)\//;

export function load(app: Application): void {
  const { hooks } = app.renderer;

  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document: DocumentReflection) => {
    if (/^(CHANGELOG|CONTRIBUTING|SECURITY)$/.test(document.name)) {
      document.name = `${document.name[0]}${document.name.slice(1).toLowerCase()}`;
    }
  });

  // What comes from another package is told of where it is exported.
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context: Context, declared) => {
    const scope = context.getSymbolFromReflection(context.scope);
    if (!declared.flags.isExternal || !context.scope.kindOf(ReflectionKind.Module) || !scope)
      return;
    const exported = context.checker
      .getExportsOfModule(scope)
      .find(({ name }) => name === declared.name);
    const comment = exported && context.getComment(exported, ReflectionKind.Reference);
    if (comment) declared.comment = comment;
  });

  // What errors inherit from `Error` is Node's to tell.
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }: Context) => {
    for (const member of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
      const { sources = [] } = member as DeclarationReflection;
      if (sources.some(({ fullFileName }) => NODES_OWN.test(fullFileName))) {
        project.removeReflection(member);
      }
    }
  });

  hooks.on('head.begin', () => {
    const html = open(app.options.getValue('categoryOrder'));
    return JSX.createElement('script', null, JSX.createElement(JSX.Raw, { html }));
  });

  hooks.on('content.end', ({ page, urlTo }) => {
    const documents: readonly DocumentReflection[] = page.project.documents ?? [];
    const at = documents.indexOf(page.model as DocumentReflection);
    const link = (document: DocumentReflection | undefined, rel: 'next' | 'prev') =>
      document &&
      JSX.createElement('a', { rel, href: `${urlTo(document)}`, class: rel }, document.name);
    if (at < 0 && page.url !== 'index.html') return JSX.createElement(JSX.Fragment, null);
    return JSX.createElement(
      'nav',
      { class: 'site-onward', 'aria-label': 'Guides in order' },
      link(documents[at - 1], 'prev'),
      link(documents[at + 1], 'next'),
    );
  });

  app.renderer.on(PageEvent.END, (page) => {
    const { contents = '' } = page;
    page.contents = contents
      .replace(
        /(?<=<meta name="description" content=")[^"]*/,
        (generic) => descriptionOf(contents) || generic,
      )
      // `@throws {TypeError} …`: the braces are the comment's.
      .replaceAll(/(?<=class="tsd-type-annotation">)\{(.*?)\}/g, '$1')
      // For those who read with their ears or their keyboard: where the page itself is, and that wide tables scroll.
      .replace('<div class="col-content">', '<div class="col-content" role="main">')
      .replace('<nav id="tsd-sidebar-links"', '$& aria-label="Elsewhere"')
      .replaceAll('<table>', '<table tabindex="0">');
  });
}

/** The first paragraph of a page, as the text of an attribute. */
function descriptionOf(html: string): string {
  const [, paragraph = ''] = /<div class="tsd-panel [^>]*>.*?<p>(.*?)<\/p>/s.exec(html) ?? [];
  const text = paragraph
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return text.replaceAll('"', '&quot;');
}
