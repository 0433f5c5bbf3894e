// Every time that the page waits for or measures by, in milliseconds.

/** Between two frames at 60 Hz nothing else should work longer than this at a stretch. */
export const stretchMs = 8;

// The start: putting the page together, or showing it, earlier would take the processor from the first attack.
/** The page is put together after this even if the engine has not started. */
export const mountAfterMs = 250;
/** The page is shown after this even without a result. */
export const revealAfterMs = 400;
/** The strip of samples is filled after the first result, or after this. */
export const pickerAfterMs = 500;
/** The first result waits this long for models that are still on their way. */
export const companyMs = 200;

// When the engine is asked.
/** An attack that lasts longer than this is asked for only when nothing has moved for restMs. */
export const heavyMs = 150;
export const restMs = 250;
/** After this long progress and Cancel are shown. */
export const slowMs = 300;
/** A frame that shares an engine waits this long for another's attack before a second worker is started. */
export const secondWorkerAfterMs = 500;
/** … and for the element around it to say where the engine is. */
export const aloneAfterMs = 1500;
/** An attack that has run for this long is broken off when something else is asked. */
export const overdueMs = 800;
/** A worker without answer or progress for this long counts as hung. */
export const hungMs = 120000;
/** A worker has this long to finish a job of a run that was cancelled. */
export const graceMs = 250;
/** A first attack that is quicker than this is repeated for its time. */
export const repeatedMs = 50;
/** Workers tell progress at most this often. */
export const progressMs = 50;
/** A job of a test run should take about so long, so that progress moves and no worker idles at the end. */
export const jobMs = 400;

// What is found out about a result.
/** A result that has not changed for this long counts as at rest. */
export const analyseAfterMs = 300;
/** Attacks that lasted longer than this are traced, or searched with, only when that is asked for. */
export const quickTraceMs = 700;
export const quickSearchMs = 60;

// What is shown.
/** An older question's result is marked as such when no other has come for so long. */
export const staleAfterMs = 120;
/** The controls must rest for this long before verdicts are announced. */
export const announceAfterMs = 700;
/** … and before the address follows. */
export const addressAfterMs = 200;
/** A frame's new height is told to the page around it after this, and what changed until then with it. */
export const heightAfterMs = 60;
/** How often a sentence beside a progress bar changes: it is to be read. */
export const readableMs = 250;
/** How often numbers are painted while a run streams in. */
export const streamMs = 120;
/** A picture that is pressed for this long is held, not clicked. */
export const holdMs = 200;
/** One step of a replay, and all of it at most. */
export const replayStepMs = 350;
export const replayMs = 8000;
/** A saved file's address is given back after this. */
export const savedWithinMs = 10000;
