// A worker of the view of a whole model; pool.js has several.
import { answers } from "../analysis-answers.js";
import { load, start } from "../loaded-models.js";
import { serve } from "../worker-host.js";

serve({ start, load, ...answers });
