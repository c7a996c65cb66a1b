/** Tree-sitter's grammars, each loaded once from its WebAssembly. */
import { readFile } from 'node:fs/promises';
import { Language, Parser, type Tree } from 'web-tree-sitter';

export type GrammarName = 'typescript' | 'javascript' | 'python';

export type Parse = (source: string) => Tree;

export class Grammars {
  private readonly locate: (file: string) => string;
  private runtime: Promise<void> | undefined;
  private readonly parsers = new Map<GrammarName, Promise<Parse>>();

  /** @param locate the path of web-tree-sitter.wasm and of tree-sitter-NAME.wasm. */
  constructor(locate: (file: string) => string) {
    this.locate = locate;
  }

  parser(name: GrammarName): Promise<Parse> {
    const known = this.parsers.get(name);
    if (known !== undefined) return known;
    const loaded = this.load(name);
    this.parsers.set(name, loaded);
    return loaded;
  }

  private async load(name: GrammarName): Promise<Parse> {
    this.runtime ??= Parser.init({ locateFile: (file: string) => this.locate(file) });
    await this.runtime;
    const language = await Language.load(await readFile(this.locate(`tree-sitter-${name}.wasm`)));
    const parser = new Parser();
    parser.setLanguage(language);
    return (source) => parser.parse(source)!;
  }
}
