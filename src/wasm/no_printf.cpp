// Stands in for two functions of the libraries that would bring all of printf into every download:
// Embind's way to name a type that nobody registered, and the last words of libc++abi before it
// aborts. Neither has a reader: types are registered, and an abort reaches JavaScript as an error.

extern "C" {

int siprintf(char* text, const char*, ...) {
  *text = '\0';
  return 0;
}

[[noreturn]] void abort_message(const char*, ...) { __builtin_trap(); }

}  // extern "C"
