#include "codec.hpp"

#include <cstring>

#include "words.hpp"

namespace wye::nng {
namespace {

msg_ptr copied(const message& m, std::size_t first, const header& head, std::string_view identity) {
  msg_ptr out = make_msg(body_size(m, first, identity), head.bytes().size());
  write_body(m, first, identity, static_cast<std::byte*>(nng_msg_body(out.get())));
  return out;
}

}  // namespace

bool header::add(bytes_view more) noexcept {
  if (more.size() > bytes_.size() - size_) return false;
  if (!more.empty()) std::memcpy(bytes_.data() + size_, more.data(), more.size());
  size_ += more.size();
  return true;
}

result<std::size_t> read_envelope(const message& m, std::size_t at, header& to) {
  std::size_t end = at;  // one past the frame with the request id
  while (end < m.size() && m[end].size() == word_size)
    if ((word_in(m[end++].bytes()) & last_bit) != 0) break;
  const bool envelope = end > at && (word_in(m[end - 1].bytes()) & last_bit) != 0 && end < m.size() && m[end].empty();
  if (!envelope) {
    if (!to.add(bytes_of(free_id))) return errc::malformed;
    return at;
  }
  for (std::size_t i = at; i < end; ++i)
    if (!to.add(m[i].bytes())) return errc::malformed;
  return end + 1;
}

void write_envelope(bytes_view numbers, message& to) {
  if (numbers.size() == word_size && word_in(numbers) == free_id) return;
  for (std::size_t i = 0; i < numbers.size(); i += word_size)
    to.push_back(frame::copy_of(numbers.subspan(i, word_size)));
  to.push_back(frame());
}

msg_ptr pack(message& m, std::size_t first, const header& head, std::string_view identity, std::size_t room) {
  msg_ptr out;
  if (!needs_trailer(m, first, identity) && head.bytes().size() <= slack) out = release(m[first], room);
  if (!out) out = copied(m, first, head, identity);
  if (!head.bytes().empty()) nng_msg_header_append(out.get(), head.bytes().data(), head.bytes().size());
  return out;
}

void unpack(msg_ptr m, const trailer& t, message& to) {
  if (t.lengths == nullptr) return to.push_back(adopt(std::move(m)));
  adopt_parts(std::move(m), t.frames, t.lengths, to);
}

}  // namespace wye::nng
