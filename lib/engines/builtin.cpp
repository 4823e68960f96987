// The one place in the library that names the concrete engines.
#include <wye/engine.hpp>

namespace wye {

std::unique_ptr<engine> make_zmq_engine(const context_options& options);
std::unique_ptr<engine> make_nng_engine();
std::unique_ptr<engine> make_inproc_engine();
std::unique_ptr<engine> make_shm_engine();

std::vector<std::unique_ptr<engine>> builtin_engines(const context_options& options) {
  std::vector<std::unique_ptr<engine>> all;
  all.push_back(make_zmq_engine(options));
  all.push_back(make_nng_engine());
  all.push_back(make_inproc_engine());
  all.push_back(make_shm_engine());
  return all;
}

}  // namespace wye
