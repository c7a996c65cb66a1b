/** What a filter is: it repairs a completion for its place, or answers with undefined where nothing is left to show. */
import type { Place } from '../place.ts';

export interface Filter {
  /** As _Why Was Nothing Suggested?_ names what it left out. */
  name: string;
  apply(completion: string, place: Place): string | undefined;
}
