/** Exact fractions, always in lowest terms with a positive denominator. */

export class Rational {
  static readonly ZERO = new Rational(0n, 1n);
  static readonly ONE = new Rational(1n, 1n);

  private constructor(
    readonly numerator: bigint,
    readonly denominator: bigint,
  ) {}

  /** @throws RangeError if the denominator is 0. */
  static of(numerator: bigint | number, denominator: bigint | number = 1n): Rational {
    let [above, below] = [BigInt(numerator), BigInt(denominator)];
    if (below === 0n) throw new RangeError('A fraction needs a denominator other than 0.');
    if (below < 0n) [above, below] = [-above, -below];
    const divisor = gcd(above < 0n ? -above : above, below);
    return new Rational(above / divisor, below / divisor);
  }

  /** Reads `12`, `12.50`, `7/2`, each with an optional minus; undefined for other texts. */
  static parse(text: string): Rational | undefined {
    const match = /^(-?)(\d+)(?:\.(\d+)|\/(\d+))?$/.exec(text);
    if (match === null) return undefined;
    const [, sign, whole, decimals = '', below] = match;
    const denominator = below === undefined ? 10n ** BigInt(decimals.length) : BigInt(below);
    if (denominator === 0n) return undefined;
    const value = Rational.of(BigInt(whole! + decimals), denominator);
    return sign === '-' ? value.negated : value;
  }

  get negated(): Rational {
    return new Rational(-this.numerator, this.denominator);
  }

  get isZero(): boolean {
    return this.numerator === 0n;
  }

  get isInteger(): boolean {
    return this.denominator === 1n;
  }

  /** −1, 0 or 1. */
  get sign(): number {
    return this.numerator === 0n ? 0 : this.numerator < 0n ? -1 : 1;
  }

  plus(other: Rational): Rational {
    return Rational.of(
      this.numerator * other.denominator + other.numerator * this.denominator,
      this.denominator * other.denominator,
    );
  }

  minus(other: Rational): Rational {
    return this.plus(other.negated);
  }

  times(other: Rational): Rational {
    return Rational.of(this.numerator * other.numerator, this.denominator * other.denominator);
  }

  /** @throws RangeError if the other is 0. */
  over(other: Rational): Rational {
    return Rational.of(this.numerator * other.denominator, this.denominator * other.numerator);
  }

  equals(other: Rational): boolean {
    return this.numerator === other.numerator && this.denominator === other.denominator;
  }

  /** As a decimal where it ends (`12.5`), else as a fraction (`1/3`); `Rational.parse` reads both. */
  toString(): string {
    if (this.isInteger) return this.numerator.toString();
    const digits = decimalPlaces(this.denominator);
    if (digits === undefined) return `${this.numerator}/${this.denominator}`;
    const scaled = (this.numerator * 10n ** BigInt(digits)) / this.denominator;
    const text = (scaled < 0n ? -scaled : scaled).toString().padStart(digits + 1, '0');
    return `${scaled < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
  }
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** How many decimals a fraction with this denominator has; undefined if it never ends. */
function decimalPlaces(denominator: bigint): number | undefined {
  let [rest, twos, fives] = [denominator, 0, 0];
  for (; rest % 2n === 0n; rest /= 2n) twos++;
  for (; rest % 5n === 0n; rest /= 5n) fives++;
  return rest === 1n ? Math.max(twos, fives) : undefined;
}
