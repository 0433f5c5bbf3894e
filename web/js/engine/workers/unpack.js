// A worker that unpacks one pack of images and hands its bytes over.
import { unpack } from "../pack.js";
import { serve } from "../worker-host.js";

serve({ unpack });
