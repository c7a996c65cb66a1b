/** Writes into package.json what follows from the code: the schemas of tools and of teams. `npm run manifest` */
import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { nodeModule } from './node-bundle.mjs';

const { outputFiles } = await build({
  ...nodeModule,
  entryPoints: ['extension/manifest.ts'],
  write: false,
  logLevel: 'error',
});
const { languageModelTools, teamsSettingSchema } = await import(
  `data:text/javascript,${encodeURIComponent(outputFiles[0].text.replace(nodeModule.banner.js, ''))}`
);

const manifest = JSON.parse(await readFile('package.json', 'utf8'));
manifest.contributes.languageModelTools = languageModelTools;
for (const { properties } of manifest.contributes.configuration) {
  const teams = properties['verity.agents.teams'];
  if (teams !== undefined) Object.assign(teams, teamsSettingSchema);
}
await writeFile('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
