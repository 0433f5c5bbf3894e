// The worker of the view of one image.
import { answers } from "../attack-answers.js";
import { load, start } from "../loaded-models.js";
import { serve } from "../worker-host.js";

serve({ start, load, ...answers });
