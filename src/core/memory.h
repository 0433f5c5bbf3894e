// What becomes of memory that the process has freed.
#pragma once

namespace signflip {

/// Keeps freed memory (up to a quarter of a gigabyte) for later allocations, where the C library
/// has such a setting. By default it returns to the system and comes back page by page, which takes
/// longer than an attack on one image. For a program's main(), not for a library.
void keep_freed_memory();

}  // namespace signflip
