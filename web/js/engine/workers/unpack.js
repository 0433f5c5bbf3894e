// A worker that unpacks one pack of images, or draws one, and hands its bytes over.
import { unpack } from "../pack.js";
import { draw } from "../../picture/drawn/index.js";
import { serve } from "../worker-host.js";

serve({ unpack, draw });
