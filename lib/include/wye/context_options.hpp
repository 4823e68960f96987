// Options of a context.
#pragma once

namespace wye {

/// An aggregate: set fields by name. Values out of range throw error{bad_option} when the context is made.
struct context_options {
  /// Threads that move ZeroMQ's messages between queues and the system. 1 ... 64. Each connection belongs to one of
  /// them, so more help where several busy connections keep one thread at its limit and there are processors to spare;
  /// on inproc there is nothing for them to do. NNG and shared memory have threads of their own.
  int io_threads = 1;
};

}  // namespace wye
