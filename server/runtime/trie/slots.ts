/**
 * Where the keys and values of cached positions lie in the preallocated cache. Pure bookkeeping: it says which slots
 * to move, the cache moves them.
 *
 * Attention reads slots [0, past), and new positions follow in [past, past + S), so they always go to the end of what it
 * reads, and every slot below that end costs attention time whether a row sees it or not. Hence two zones that grow
 * towards each other:
 *
 *   0 … end          working zone: what requests hold (pinned), and what they held lately; the mask hides the rest
 *   end … top        free
 *   top … capacity   parked zone: kept for later requests, outside what attention reads
 *
 * Among cached slots order means nothing (new positions alone must follow those they descend from, where the operator
 * is causal over slots; the mask does the rest), so arranging the zones moves only what lies outside its own, into the holes there.
 */

/** One position's place in the cache. Nodes that share it (see KvTrie.splice) count it once. */
export interface Cell {
  /** −1 until it is placed. */
  slot: number;
  /** Nodes of the trie that refer to it, and how many of them are pinned. */
  owners: number;
  pinnedOwners: number;
}

/** `count` neighbouring slots go elsewhere. All moves of one arrangement happen at once. */
export interface Move {
  from: number;
  to: number;
  count: number;
}

/**
 * Moving a slot costs as much as attending to it from this many rows. Measured on the CPU (embedded model, 6 layers of
 * 2 heads × 64): 0.1 to 1 µs to attend, 3 µs to move it with 255 neighbours, 14 µs to move it alone.
 */
const MOVE_COST = 16;

/** What an arrangement costs before it moves anything, in slots attended to by one row. */
const ARRANGE_COST = 256;

export class Slots {
  /** The cell at each slot, if one lives there. */
  private cells: (Cell | undefined)[] = [];
  /** Slots that attention has read in vain since the last arrangement, once per row. */
  private wasted = 0;
  /** End of the working zone, beginning of the parked zone. */
  end = 0;
  top = 0;
  live = 0;
  private working = 0;
  /** Pinned cells in each zone. */
  private needed = 0;
  private parkedNeeded = 0;

  get capacity(): number {
    return this.cells.length;
  }

  get free(): number {
    return this.top - this.end;
  }

  /** Some pinned cell lies outside what attention reads. */
  get lacksNeeded(): boolean {
    return this.parkedNeeded > 0;
  }

  /** A cell was pinned (by = 1) or is no longer (by = −1). */
  countPin(cell: Cell, by: 1 | -1): void {
    if (cell.slot < 0) return;
    if (cell.slot >= this.top) this.parkedNeeded += by;
    else this.needed += by;
  }

  /** Puts a new position at the end of the working zone; there must be a free slot. */
  append(cell: Cell): void {
    if (this.free === 0) throw new Error('There is no free slot.');
    cell.slot = this.end;
    this.cells[this.end++] = cell;
    this.live++;
    this.working++;
    if (cell.pinnedOwners > 0) this.needed++;
  }

  /** Frees the slot of a cell that is not pinned. */
  remove(cell: Cell): void {
    if (cell.slot < this.top) this.working--;
    this.cells[cell.slot] = undefined;
    cell.slot = -1;
    this.live--;
    while (this.end > 0 && this.cells[this.end - 1] === undefined) this.end--;
    while (this.top < this.capacity && this.cells[this.top] === undefined) this.top++;
  }

  /**
   * Notes a forward of `rows` rows, and says whether moving what is not pinned out of the way pays now. Rent or buy:
   * as soon as the time wasted since the last arrangement has reached the price of arranging, arrange. Whatever comes
   * next, this never costs more than twice the better of the two in hindsight.
   */
  paysToArrange(rows: number): boolean {
    const waste = this.end - this.needed;
    this.wasted += rows * waste;
    // Moved are the live slots that are not pinned, and pinned ones from the end into the holes.
    const moves = this.working - this.needed + Math.min(this.needed, waste);
    return this.wasted >= ARRANGE_COST + MOVE_COST * moves;
  }

  /** Gathers pinned cells in the working zone and parks the others, in a cache of this capacity (≥ live). */
  arrange(capacity: number): Move[] {
    const live = this.cells.filter((cell) => cell !== undefined);
    const needed = live.filter(({ pinnedOwners }) => pinnedOwners > 0);
    const idle = live.filter(({ pinnedOwners }) => pinnedOwners === 0);
    const before = new Map(live.map((cell) => [cell.slot, cell]));
    const resized = capacity !== this.capacity;
    this.cells = Array.from({ length: capacity });
    this.end = this.working = this.needed = needed.length;
    this.parkedNeeded = 0;
    this.top = capacity - idle.length;
    this.wasted = 0;
    this.settle(needed, 0, this.end);
    this.settle(idle, this.top, capacity);
    return runs([...before].filter(([from, { slot }]) => resized || from !== slot));
  }

  /** Cells inside their zone stay where they are; the others take the places left. */
  private settle(cells: Cell[], from: number, to: number): void {
    const outside: Cell[] = [];
    for (const cell of cells)
      if (cell.slot >= from && cell.slot < to) this.cells[cell.slot] = cell;
      else outside.push(cell);
    let slot = from;
    for (const cell of outside) {
      while (this.cells[slot] !== undefined) slot++;
      cell.slot = slot;
      this.cells[slot] = cell;
    }
  }
}

/** Joins single moves, ordered by their origin, to runs. */
function runs(moved: [from: number, cell: Cell][]): Move[] {
  const moves: Move[] = [];
  for (const [from, { slot: to }] of moved) {
    const last = moves.at(-1);
    if (last && from === last.from + last.count && to === last.to + last.count) last.count++;
    else moves.push({ from, to, count: 1 });
  }
  return moves;
}
