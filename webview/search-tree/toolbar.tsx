/** What can be done with a tree. */
import type { RefObject } from 'preact';
import { Icon } from '../shared/icon.tsx';
import type { GraphHandle } from './graph.tsx';

export type View = 'graph' | 'list';

interface ToolbarProps {
  view: View;
  onView: (view: View) => void;
  isFollowing: boolean;
  onFollow: () => void;
  graph: RefObject<GraphHandle | null>;
  onCopy: () => void;
  onExportSvg: () => void;
  onExportJson: () => void;
}

export function Toolbar(props: ToolbarProps) {
  const { view, onView, isFollowing, onFollow, graph, onCopy, onExportSvg, onExportJson } = props;
  const isGraph = view === 'graph';
  return (
    <div class="toolbar" role="group" aria-label="Search tree">
      <Action icon="type-hierarchy-sub" name="Show as graph" isOn={isGraph} onClick={() => onView('graph')} />
      <Action icon="list-tree" name="Show as list" isOn={!isGraph} onClick={() => onView('list')} />
      <span class="gap" />
      <Action icon="target" name="Follow best path" isOn={isFollowing} onClick={onFollow} />
      <Action icon="copy" name="Copy path text (Enter)" onClick={onCopy} />
      <span class="gap" />
      {isGraph && (
        <>
          <Action icon="zoom-in" name="Zoom in (+)" onClick={() => graph.current?.zoom(1.25)} />
          <Action icon="zoom-out" name="Zoom out (−)" onClick={() => graph.current?.zoom(0.8)} />
          <Action icon="screen-full" name="Fit the whole tree (0)" onClick={() => graph.current?.fit()} />
          <span class="gap" />
        </>
      )}
      {isGraph && <Action icon="file-media" name="Export as SVG" onClick={onExportSvg} />}
      <Action icon="json" name="Export as JSON" onClick={onExportJson} />
    </div>
  );
}

interface ActionProps {
  icon: string;
  name: string;
  /** Of a button that stays pressed. */
  isOn?: boolean;
  onClick: () => void;
}

const Action = ({ icon, name, isOn, onClick }: ActionProps) => (
  <button type="button" class="icon" title={name} aria-label={name} aria-pressed={isOn} onClick={onClick}>
    <Icon name={icon} />
  </button>
);
