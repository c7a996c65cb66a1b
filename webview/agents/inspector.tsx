/** The latent inspector: what the head reads in each latent step (logit lens), with the vector's norm and its entropy. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Lane } from '../../server/protocol/agents-panel.ts';
import type { LatentStep } from '../../server/protocol/solution.ts';
import { laneColor, percent, visible } from './words.ts';

/** The step that table and plot both mark. */
export interface Chosen {
  agent: number;
  step: number;
}

interface InspectorProps {
  lanes: readonly Lane[];
  chosen: Chosen;
  choose: (chosen: Chosen) => void;
}

export function Inspector({ lanes, chosen, choose }: InspectorProps) {
  const lane = lanes.find(({ agent }) => agent === chosen.agent) ?? lanes[0]!;
  const step = Math.min(chosen.step, lane.steps.length - 1);
  const body = useRef<HTMLTableSectionElement>(null);
  const isMoving = useRef(false);
  useLayoutEffect(() => {
    if (!isMoving.current) return;
    isMoving.current = false;
    body.current?.querySelectorAll('tr')[step]?.focus();
  });
  const move = (event: KeyboardEvent) => {
    const next = nextStep(event.key, step, lane.steps.length);
    if (next === undefined) return;
    event.preventDefault();
    isMoving.current = true;
    choose({ agent: lane.agent, step: next });
  };
  return (
    <div class="inspector">
      <div class="tabs" role="tablist" aria-label="Agent">
        {lanes.map((one) => (
          <button
            key={one.agent}
            type="button"
            role="tab"
            class={laneColor(one.agent)}
            aria-selected={one === lane}
            aria-controls="latent-steps"
            tabIndex={one === lane ? 0 : -1}
            onClick={() => choose({ agent: one.agent, step: 0 })}
            onKeyDown={(event) => moveTab(event, lanes, lane, choose)}
          >
            {one.role}
          </button>
        ))}
      </div>
      <div id="latent-steps" role="tabpanel" aria-label={`Latent steps of ${lane.role}`} class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" title="The tokens that the head reads in the hidden state, likeliest first">
                Nearest tokens
              </th>
              <th scope="col" title="Length of the hidden state before realignment">
                Norm
              </th>
              <th scope="col" title="Of the head's distribution; 0: certain of one token">
                Entropy
              </th>
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={move}>
            {lane.steps.map((one, index) => (
              <Step
                key={one.step}
                step={one}
                isChosen={index === step}
                onChoose={() => choose({ agent: lane.agent, step: index })}
              />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function nextStep(key: string, step: number, count: number): number | undefined {
  const target = { ArrowDown: step + 1, ArrowUp: step - 1, Home: 0, End: count - 1 }[key];
  return target === undefined ? undefined : Math.min(Math.max(target, 0), count - 1);
}

function moveTab(
  event: KeyboardEvent & { currentTarget: HTMLElement },
  lanes: readonly Lane[],
  lane: Lane,
  choose: InspectorProps['choose'],
): void {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (by === undefined) return;
  const place = (lanes.indexOf(lane) + by + lanes.length) % lanes.length;
  choose({ agent: lanes[place]!.agent, step: 0 });
  (event.currentTarget.parentElement!.children[place] as HTMLElement).focus();
}

interface StepProps {
  step: LatentStep;
  isChosen: boolean;
  onChoose: () => void;
}

const Step = ({ step: { step, nearest, norm, entropy }, isChosen, onChoose }: StepProps) => (
  <tr
    class={isChosen ? 'chosen' : undefined}
    tabIndex={isChosen ? 0 : -1}
    aria-selected={isChosen}
    onClick={onChoose}
  >
    <th scope="row">{step + 1}</th>
    <td>
      <ul class="tokens">
        {nearest.map(({ text, probability }, index) => (
          <li key={index}>
            <code>{visible(text)}</code> <span class="quiet">{percent(probability)}</span>
          </li>
        ))}
      </ul>
    </td>
    <td>{norm.toPrecision(3)}</td>
    <td>{entropy.toFixed(2)}</td>
  </tr>
);
