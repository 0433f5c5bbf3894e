// Empty: WebAssembly has no MMX, and Eigen includes this header with SSE without using it.
