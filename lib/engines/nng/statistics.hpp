// statistics: a snapshot of what NNG counts.
#pragma once

#include <nng/nng.h>

#include <cstdint>
#include <cstring>
#include <memory>

namespace wye::nng {

/// All statistics of the process at the moment of construction; empty if there is no memory. Walking it costs time in
/// proportion to the process's connections.
class statistics {
 public:
  statistics() noexcept {
    nng_stat* taken = nullptr;
    if (nng_stats_get(&taken) == 0) all_.reset(taken);
  }

  /// Calls `use` with each scope: sockets, listeners, dialers and pipes.
  template <class Use>
  void for_each(Use use) const {
    if (!all_) return;
    for (nng_stat* s = nng_stat_child(all_.get()); s != nullptr; s = nng_stat_next(s)) use(s);
  }

  /// The counter or number `name` of a scope; 0 if it has none.
  static std::uint64_t value(nng_stat* scope, const char* name) noexcept {
    for (nng_stat* s = nng_stat_child(scope); s != nullptr; s = nng_stat_next(s))
      if (std::strcmp(nng_stat_name(s), name) == 0)
        return nng_stat_type(s) == NNG_STAT_ID ? nng_stat_value(s) & 0xffffffffU : nng_stat_value(s);
    return 0;
  }

 private:
  struct deleter {
    void operator()(nng_stat* s) const noexcept { nng_stats_free(s); }
  };
  std::unique_ptr<nng_stat, deleter> all_;
};

}  // namespace wye::nng
