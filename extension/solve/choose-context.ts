/** Shows what a team would be given, before anything runs: the user unchecks what it should not read. */
import { type QuickInputButton, type QuickPickItem, ThemeIcon, window, workspace } from 'vscode';
import { type ContextItem, within } from './prompt.ts';

/** A small model's context holds some two thousand tokens; what is beyond is offered unchecked. */
const MAX_CHECKED_CHARACTERS = 6000;

/** Of code and English alike, near enough to tell large from small. */
const CHARACTERS_PER_TOKEN = 3.5;

interface Choice extends QuickPickItem {
  item: ContextItem;
}

const LOOK: QuickInputButton = { iconPath: new ThemeIcon('eye'), tooltip: 'Show it in an editor' };

/**
 * @param chooseTeam lets the user choose another one and answers with its name.
 * @returns the checked items; undefined if the user changed their mind.
 */
export function chooseContext(
  items: readonly ContextItem[],
  team: string,
  chooseTeam: () => Promise<string>,
): Promise<ContextItem[] | undefined> {
  const pick = window.createQuickPick<Choice>();
  const isChecked = within(items, MAX_CHECKED_CHARACTERS);
  pick.canSelectMany = true;
  pick.ignoreFocusOut = true;
  pick.items = items.map((item) => choice(item));
  pick.selectedItems = pick.items.filter((_, index) => isChecked[index]);
  const TEAM: QuickInputButton = { iconPath: new ThemeIcon('organization'), tooltip: 'Choose another team' };
  pick.buttons = [TEAM];
  const name = (chosen: string) => (pick.title = `Solve with Agents: what the team “${chosen}” reads`);
  name(team);
  pick.placeholder = 'Uncheck what it should not read, then OK';
  return new Promise((resolve) => {
    let isChoosing = false;
    pick.onDidTriggerButton(async () => {
      isChoosing = true;
      name(await chooseTeam());
      isChoosing = false;
      pick.show();
    });
    pick.onDidTriggerItemButton(({ item }) => void look(item.item));
    pick.onDidAccept(() => {
      resolve(pick.selectedItems.map(({ item }) => item));
      pick.hide();
    });
    pick.onDidHide(() => {
      if (isChoosing) return;
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

const choice = (item: ContextItem): Choice => ({
  item,
  label: item.label,
  description: `${item.description} · about ${Math.ceil(item.text.length / CHARACTERS_PER_TOKEN)} tokens`,
  detail: item.text.trim().split('\n')[0]!.slice(0, 120),
  buttons: [LOOK],
});

/** Beside the list, which stays. */
async function look({ text }: ContextItem): Promise<void> {
  const document = await workspace.openTextDocument({ content: text });
  await window.showTextDocument(document, { preview: true, preserveFocus: true });
}
