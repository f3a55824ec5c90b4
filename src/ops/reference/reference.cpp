// SPDX-License-Identifier: Apache-2.0
#include "ops/reference/reference.h"

namespace tn::ops {

#define TENON_OP(name)
#define TENON_REFERENCE(name) extern const ReferenceEntry name##_reference;
#include "ops/ops.def"
#undef TENON_REFERENCE

const ReferenceEntry* find_reference(std::string_view name) {
#define TENON_REFERENCE(name) &name##_reference,
  static constexpr const ReferenceEntry* kAll[] = {
#include "ops/ops.def"
  };
#undef TENON_REFERENCE
#undef TENON_OP
  for (const ReferenceEntry* entry : kAll) {
    if (entry->name == name) return entry;
  }
  return nullptr;
}

}  // namespace tn::ops
