// Tells a learning management system that the package was opened, where there is one that wants to know (SCORM
// 1.2: an object API in this window or one around it). Opened is completed: nothing here is graded, and
// nothing else is told. Only signflip-lms.zip has it.

/** @typedef {{LMSInitialize: (empty: "") => unknown, LMSGetValue: (name: string) => unknown,
 *             LMSSetValue: (name: string, value: string) => unknown, LMSCommit: (empty: "") => unknown, LMSFinish: (empty: "") => unknown}} Api */

/** So far the standard has one look, at most. */
const furthest = 500;

/** @param {Window | null} from @returns {Api | null} */
function findApi(from) {
  for (let at = from, i = 0; at && i < furthest; i++) {
    try {
      const api = Reflect.get(at, "API");
      if (typeof api?.LMSInitialize === "function") return api;
    } catch {
      // Another origin's window: the system's cannot be beyond it.
      return null;
    }
    if (at.parent === at) return null;
    at = at.parent;
  }
  return null;
}

const api = findApi(window) ?? findApi(window.opener);
if (api && String(api.LMSInitialize("")) === "true") {
  const status = "cmi.core.lesson_status";
  if (!["completed", "passed"].includes(String(api.LMSGetValue(status)))) {
    api.LMSSetValue(status, "completed");
    api.LMSCommit("");
  }
  addEventListener("pagehide", () => api.LMSFinish(""), { once: true });
}
