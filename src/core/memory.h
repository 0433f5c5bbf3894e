// How the process deals with memory that it has freed.
#pragma once

namespace signflip {

/// Keeps what is freed (up to a quarter of a gigabyte) for what comes next, where the C library
/// lets one choose. By default it goes back to the system and comes again page by page, which takes
/// longer than an attack on one image. For a program's main(), not for a library.
void keep_freed_memory();

}  // namespace signflip
