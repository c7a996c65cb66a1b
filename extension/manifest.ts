/** What package.json says in other words than the code: written by scripts/manifest.mjs, and held to it by a test. */
import { z } from 'zod';
import { AgentsFile } from '../server/protocol/solution.ts';
import { inputSchema, type Tool, TOOLS } from '../server/protocol/tools.ts';

const ICONS: Record<keyof typeof TOOLS, string> = {
  judge: '$(law)',
  complete: '$(shield)',
  solve: '$(organization)',
  deduce: '$(checklist)',
};

const manifestTool = (tool: Tool, icon: string) => ({
  name: tool.name,
  displayName: tool.title,
  modelDescription: tool.description,
  userDescription: tool.description,
  toolReferenceName: tool.name.replace('_', '-'),
  canBeReferencedInPrompt: true,
  icon,
  tags: ['verity'],
  inputSchema: withoutDialect(inputSchema(tool)),
});

export const languageModelTools = Object.entries(TOOLS).map(([name, tool]) =>
  manifestTool(tool, ICONS[name as keyof typeof TOOLS]),
);

/** Inside of another schema the dialect is that one's. */
export const teamsSettingSchema = withoutDialect(z.toJSONSchema(AgentsFile.shape.teams, { io: 'input' }));

function withoutDialect(schema: object): object {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$schema'));
}
