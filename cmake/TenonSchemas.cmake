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

# tenon_protobuf(NAME FILE): the lite classes of src/FILE as a room, so that USES NAME gives the header FILE's name with
# .pb.h and links the classes. Generated code is held to none of our warnings.
function(tenon_protobuf name file)
  set(out ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out})
  protobuf_generate(OUT_VAR sources LANGUAGE cpp IMPORT_DIRS ${CMAKE_SOURCE_DIR}/src PROTOC_OUT_DIR ${out}
                    PROTOS ${CMAKE_SOURCE_DIR}/src/${file})
  add_custom_target(tenon_${name}_code DEPENDS ${sources})
  add_library(tenon_${name}_headers INTERFACE)
  target_include_directories(tenon_${name}_headers SYSTEM INTERFACE ${out})
  target_link_libraries(tenon_${name}_headers INTERFACE protobuf::libprotobuf-lite)
  add_dependencies(tenon_${name}_headers tenon_${name}_code)
  add_library(tenon_${name} OBJECT ${sources})
  target_link_libraries(tenon_${name} PUBLIC tenon_${name}_headers)
  set_target_properties(tenon_${name} PROPERTIES CXX_CLANG_TIDY "")
  set_property(GLOBAL PROPERTY tenon_${name}_objects tenon_${name})
endfunction()
