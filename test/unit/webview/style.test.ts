/** The panels' styles take every colour from the theme, and only from variables that the themes' fixture knows. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const styleOf = (panel: string) =>
  ['shared/base', 'shared/progress', `${panel}/style`]
    .map((name) => readFileSync(`webview/${name}.css`, 'utf8'))
    .join('')
    .replace(/\/\*[^]*?\*\//g, '');
const themes = z
  .record(z.string(), z.object({ colors: z.record(z.string(), z.string()) }))
  .parse(JSON.parse(readFileSync('test/fixtures/vscode-themes.json', 'utf8')));
const FONTS = ['font-family', 'font-size', 'editor-font-family', 'editor-font-size'];

describe.each(['verdict', 'search-tree', 'agents'])('webview/%s/style.css', (panel) => {
  const style = styleOf(panel);

  it('has no colour of its own', () => {
    const values = style.match(/:[^;{}]+;/g) ?? [];
    const own = values.filter((value) =>
      /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|lab|oklch)a?\(|\b(?:black|white|red|green|blue|gr[ae]y|orange|yellow)\b(?!-)/i.test(
        value.replace(/var\(--[\w-]+/g, ''),
      ),
    );
    expect(values.length).toBeGreaterThan(100);
    expect(own).toEqual([]);
  });

  it.each(Object.keys(themes))('%s sets every variable that has no substitute', (theme) => {
    const needed = [...style.matchAll(/var\(--vscode-([\w-]+)\)/g)].map(([, name]) => name!);
    const known = [...Object.keys(themes[theme]!.colors), ...FONTS];
    expect(needed.length).toBeGreaterThan(20);
    expect([...new Set(needed)].filter((name) => !known.includes(name))).toEqual([]);
  });
});
