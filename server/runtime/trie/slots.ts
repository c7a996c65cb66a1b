/**
 * Where the keys and values of cached positions lie in the preallocated cache. Pure bookkeeping: it says which slots
 * to move, the cache moves them.
 *
 * GroupQueryAttention reads slots [0, past) and writes new positions to [past, past + S), so new positions always go
 * to the end of what it reads, and every slot below that end costs attention time whether a row sees it or not. Hence
 * two zones that grow towards each other:
 *
 *   0 … end          working zone: what the requests in flight see, with dead slots between that the mask hides
 *   end … top        free
 *   top … capacity   parked zone: kept for later requests, outside what attention reads
 *
 * Among cached slots order means nothing (the causal rule binds the new rows alone, the mask does the rest), so
 * arranging the zones moves only what lies outside its own, into the holes there.
 */

/** One position's place in the cache. Nodes that share it (see KvTrie.splice) count it once. */
export interface Cell {
  /** −1 until it is placed. */
  slot: number;
  /** Nodes of the trie that refer to it, and how many of them are pinned. */
  owners: number;
  pinnedOwners: number;
  /** The last arrangement that found it needed. */
  neededAt: number;
}

/** `count` neighbouring slots go elsewhere. All moves of one arrangement happen at once. */
export interface Move {
  from: number;
  to: number;
  count: number;
}

/**
 * Moving a slot costs as much as attending to it from this many rows: it is read and written twice (out and in),
 * while a row reads it about once. Measured on two cores for 24 layers of 2 heads × 64: 4.6 µs to attend, 6 µs to
 * move.
 */
const MOVE_COST = 2;

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

  get capacity(): number {
    return this.cells.length;
  }

  get free(): number {
    return this.top - this.end;
  }

  isParked(cell: Cell): boolean {
    return cell.slot >= this.top;
  }

  /** Puts a new position at the end of the working zone; there must be a free slot. */
  append(cell: Cell): void {
    if (this.free === 0) throw new Error('There is no free slot.');
    cell.slot = this.end;
    this.cells[this.end++] = cell;
    this.live++;
    this.working++;
  }

  remove(cell: Cell): void {
    if (!this.isParked(cell)) this.working--;
    this.cells[cell.slot] = undefined;
    cell.slot = -1;
    this.live--;
    while (this.end > 0 && this.cells[this.end - 1] === undefined) this.end--;
    while (this.top < this.capacity && this.cells[this.top] === undefined) this.top++;
  }

  /**
   * Notes a forward of `rows` rows that needs `needed` of the working slots, and says whether moving the others out of
   * the way pays now. Rent or buy: as soon as the time wasted since the last arrangement has reached the price of
   * arranging, arrange. Whatever comes next, this never costs more than twice the better of the two in hindsight.
   */
  paysToArrange(rows: number, needed: number): boolean {
    const waste = this.end - needed;
    this.wasted += rows * waste;
    // Moved are the live slots nobody needs, and needed ones from the end into the holes.
    const moves = this.working - needed + Math.min(needed, waste);
    return this.wasted >= ARRANGE_COST + MOVE_COST * moves;
  }

  /** Gathers needed cells in the working zone and parks the others, in a cache of this capacity (≥ live). */
  arrange(capacity: number, isNeeded: (cell: Cell) => boolean): Move[] {
    const live = this.cells.filter((cell) => cell !== undefined);
    const needed = live.filter(isNeeded);
    const idle = live.filter((cell) => !isNeeded(cell));
    const before = new Map(live.map((cell) => [cell.slot, cell]));
    const resized = capacity !== this.capacity;
    this.cells = Array.from({ length: capacity });
    this.end = this.working = needed.length;
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
