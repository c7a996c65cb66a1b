/** A codicon; decoration only, so screen readers skip it. */
export const Icon = ({ name, spin = false }: { name: string; spin?: boolean }) => (
  <span class={`codicon codicon-${name}${spin ? ' codicon-modifier-spin' : ''}`} aria-hidden="true" />
);
