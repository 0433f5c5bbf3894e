// Tables as comma-separated values (RFC 4180), numbers with a point.

/** @param {unknown} value */
function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {unknown[][]} rows the first is the head */
export const csvText = (rows) => `${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;

/** The mark tells spreadsheets that it is UTF-8. @param {unknown[][]} rows */
export const csvFile = (rows) => new Blob(["\ufeff", csvText(rows)], { type: "text/csv" });
