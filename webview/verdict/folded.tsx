/** What is there for who wants to know more, closed at first. */
import type { ComponentChildren } from 'preact';

export const Folded = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <details>
    <summary>{title}</summary>
    {children}
  </details>
);
