# SPDX-License-Identifier: Apache-2.0
# tenon_flatbuffers(TARGET schema.fbs OUT): an interface library whose users can include the generated header OUT. It is
# made at build time because it asserts the exact FlatBuffers version.
function(tenon_flatbuffers target schema out)
  get_filename_component(folder ${out} DIRECTORY)
  get_filename_component(root ${folder} DIRECTORY)
  add_custom_command(
    OUTPUT ${out}
    COMMAND flatbuffers::flatc --cpp --cpp-std c++17 --gen-object-api -o ${folder} ${schema}
    DEPENDS ${schema}
    VERBATIM)
  add_custom_target(${target}_generate DEPENDS ${out})
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_generate)
  target_include_directories(${target} SYSTEM INTERFACE ${root})
endfunction()
