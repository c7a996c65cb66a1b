/** The list that a search for completions ends in. Choosing what is not offered shows it in the Search Tree. */
import { type QuickPickItem, QuickPickItemKind, window } from 'vscode';
import type { Offer } from '../completion/offers.ts';

type Item = QuickPickItem & { offer?: Offer };

export async function chooseOffer(title: string, offers: readonly Offer[]): Promise<Offer | undefined> {
  const [offered, others] = [true, false].map((isOffered) =>
    offers.filter(({ kind }) => (kind === 'offered') === isOffered).map(itemOf),
  ) as [Item[], Item[]];
  const notOffered: Item = { label: 'Not offered', kind: QuickPickItemKind.Separator };
  const items = [...offered, ...(others.length === 0 ? [] : [notOffered, ...others])];
  if (items.length === 0) {
    void window.showInformationMessage('Verity: the search has found nothing to insert here.');
    return undefined;
  }
  const choice = await window.showQuickPick(items, {
    title,
    placeHolder:
      offered.length === 0
        ? 'Nothing is offered; choose an entry to see it in the Search Tree'
        : 'Choose a completion to insert; what is not offered shows in the Search Tree',
    matchOnDetail: true,
  });
  return choice?.offer;
}

function itemOf(offer: Offer): Item {
  const [first, ...rest] = offer.text.trim().split('\n');
  const icon = offer.kind === 'offered' ? 'shield' : 'circle-slash';
  return {
    // An icon's name in a model's text would be drawn as that icon.
    label: `$(${icon}) ${first!.replaceAll('$(', '$\u200B(')}`,
    description: offer.facts,
    ...(rest.length > 0 && { detail: rest.join(' ⏎ ').replaceAll('$(', '$\u200B(') }),
    offer,
  };
}
