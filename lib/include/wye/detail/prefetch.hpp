// prefetch: memory that another processor has, asked for before it is needed. For engines; programs have no use for it.
#pragma once

namespace wye::detail {

/// Asks for the line at `at`, to be written: asked for to be read, it would have to be asked for once more. Any address
/// is good.
inline void prefetch_to_write(const void* at) noexcept {
#if defined(__x86_64__)
  // The builtin's is for reading, unless -m says otherwise.
  asm volatile("prefetchw %0" ::"m"(*static_cast<const char*>(at)));
#else
  __builtin_prefetch(at, 1);
#endif
}

}  // namespace wye::detail
