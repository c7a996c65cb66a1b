/** Goes through a search step by step, or plays it. */
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../shared/icon.tsx';

interface StepsProps {
  step: number;
  last: number;
  isGrowing: boolean;
  /** Undefined: the last one from now on. */
  onStep: (step: number | undefined) => void;
}

/** Slow enough to see what each step does. */
const STEP_MS = 180;

export function Steps({ step, last, isGrowing, onStep }: StepsProps) {
  const [isPlaying, play] = useState(false);
  useEffect(() => {
    if (!isPlaying) return undefined;
    if (step >= last) {
      play(false);
      onStep(undefined);
      return undefined;
    }
    const timer = setTimeout(() => onStep(step + 1), STEP_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, step, last]);
  const toggle = () => {
    if (!isPlaying && step >= last) onStep(0);
    play(!isPlaying);
  };
  const text = `Step ${step + 1} of ${last + 1}`;
  return (
    <div class="steps">
      <button
        type="button"
        class="icon"
        title={isPlaying ? 'Pause' : 'Play the search'}
        aria-label={isPlaying ? 'Pause' : 'Play the search'}
        disabled={last === 0}
        onClick={toggle}
      >
        <Icon name={isPlaying ? 'debug-pause' : 'play'} />
      </button>
      <input
        type="range"
        min={0}
        max={last}
        value={step}
        disabled={last === 0}
        aria-label="Step of the search"
        aria-valuetext={text}
        onInput={({ currentTarget: { valueAsNumber } }) => {
          play(false);
          onStep(valueAsNumber === last ? undefined : valueAsNumber);
        }}
      />
      <span class="quiet">
        {text}
        {isGrowing && step === last && ' · live'}
      </span>
    </div>
  );
}
