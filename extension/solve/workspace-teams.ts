/** Which teams there are in this workspace, and which one works: settings, and `.verity/agents.json` where it is trusted. */
import { Uri, window, workspace } from 'vscode';
import { type Team, type TeamSource, teamsOf } from './teams.ts';

export const TEAMS_FILE = '.verity/agents.json';

/** A file that cannot be read as JSON is told of as one that defines no team. */
export async function workspaceTeams(): Promise<Team[]> {
  const setting = workspace.getConfiguration('verity.agents').get<unknown>('teams', {});
  const { teams, problems } = teamsOf([
    { place: 'The setting verity.agents.teams', content: { teams: setting } },
    ...(await files()),
  ]);
  for (const problem of problems) void window.showWarningMessage(`Verity: ${problem}`);
  return teams;
}

/** Whoever writes a workspace's prompts steers what is done to its code: only trusted folders may. */
async function files(): Promise<TeamSource[]> {
  if (!workspace.isTrusted) return [];
  const sources: TeamSource[] = [];
  for (const folder of workspace.workspaceFolders ?? []) {
    const bytes = await read(Uri.joinPath(folder.uri, TEAMS_FILE));
    if (bytes !== undefined) sources.push({ place: TEAMS_FILE, content: parsed(bytes) });
  }
  return sources;
}

async function read(uri: Uri): Promise<Uint8Array | undefined> {
  try {
    return await workspace.fs.readFile(uri);
  } catch {
    return undefined;
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return 'no JSON';
  }
}

/** The team of the settings; the first one if there is no such team any more. */
export async function currentTeam(): Promise<Team> {
  const teams = await workspaceTeams();
  const wanted = workspace.getConfiguration('verity.agents').get<string>('team', 'sequential');
  const team = teams.find(({ name }) => name === wanted);
  if (team === undefined)
    void window.showWarningMessage(
      `Verity: there is no team ${wanted} here; ${teams[0]!.name} works instead.`,
    );
  return team ?? teams[0]!;
}

/** Lets the user choose the team that works from now on. */
export async function chooseTeam(): Promise<Team | undefined> {
  const teams = await workspaceTeams();
  const chosen = await window.showQuickPick(
    teams.map((team) => ({ label: team.name, detail: team.description, team })),
    { title: 'Verity: which team works?' },
  );
  if (chosen === undefined) return undefined;
  await workspace.getConfiguration('verity.agents').update('team', chosen.team.name, true);
  return chosen.team;
}
