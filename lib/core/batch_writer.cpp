#include "batch_writer.hpp"

#include "batch_format.hpp"

namespace wye::detail {

void batch_writer::begin() {
  if (!lengths_) lengths_ = std::make_unique_for_overwrite<std::byte[]>(max_bytes_);
  if (memory_.empty()) memory_ = frame::make(max_bytes_);
  data_ = memory_.writable().data();
}

inline void batch_writer::put(bytes_view body, std::uint32_t more) noexcept {
  if (!body.empty()) std::memcpy(data_ + end_, body.data(), body.size());
  end_ += body.size();
  batch::store(lengths_.get() + frames_ * batch::length_size, static_cast<std::uint32_t>(body.size()) | more);
  ++frames_;
}

void batch_writer::add(bytes_view body) {
  if (messages_ == 0) begin();
  put(body, 0);
  ++messages_;
}

void batch_writer::add(const message& m, std::size_t from) {
  if (messages_ == 0) begin();
  for (std::size_t i = from; i < m.size(); ++i) put(m[i].bytes(), i + 1 < m.size() ? batch::more_follow : 0);
  ++messages_;
}

frame batch_writer::finished() noexcept {
  std::memcpy(data_, batch::marker.data(), batch::marker.size());
  batch::store(data_ + batch::version_at, batch::version);
  batch::store(data_ + batch::messages_at, static_cast<std::uint32_t>(messages_));
  batch::store(data_ + batch::frames_at, static_cast<std::uint32_t>(frames_));
  std::memcpy(data_ + end_, lengths_.get(), frames_ * batch::length_size);
  return memory_.slice(0, bytes().size());
}

void batch_writer::clear(bool kept) noexcept {
  messages_ = frames_ = 0;
  end_ = batch::head_size;
  if (kept) memory_ = frame();
}

}  // namespace wye::detail
