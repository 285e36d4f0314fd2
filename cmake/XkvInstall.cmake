# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where. The tree can be moved: xkv finds LibTorch, and the window its resources, beside itself.
set(share ${CMAKE_INSTALL_DATADIR}/xkv-scope)
set(private_lib lib/xkv-scope)

install(TARGETS xkv RUNTIME)
set_target_properties(xkv PROPERTIES INSTALL_RPATH "$ORIGIN/../${private_lib}/torch/lib")

# LibTorch finds its own neighbours by this layout.
file(GLOB torch_libraries ${XKV_TORCH_FOUND}/torch/lib/libgomp*.so*)
list(APPEND torch_libraries ${XKV_TORCH_FOUND}/torch/lib/libc10.so ${XKV_TORCH_FOUND}/torch/lib/libtorch_cpu.so)
install(FILES ${torch_libraries} DESTINATION ${private_lib}/torch/lib)
file(GLOB cuda_libraries ${XKV_TORCH_FOUND}/nvidia/cu13/lib/libcudart.so.13 ${XKV_TORCH_FOUND}/nvidia/cu13/lib/libcupti.so.13)
install(FILES ${cuda_libraries} DESTINATION ${private_lib}/nvidia/cu13/lib)

install(DIRECTORY resources/demo-model resources/prompts DESTINATION ${share})
file(GLOB sessions ${CMAKE_SOURCE_DIR}/resources/*.xkv)
install(FILES ${sessions} DESTINATION ${share})
install(DIRECTORY LICENSES DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES docs/xkv.1 TYPE MAN OPTIONAL)

if(XKV_WINDOW)
  install(TARGETS xkv-scope RUNTIME)
  set(desktop resources/desktop/org.xkv.Scope)
  install(FILES ${desktop}.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
  install(FILES ${desktop}.metainfo.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
  install(FILES ${desktop}.svg DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
  install(FILES ${desktop}.mime.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/mime/packages RENAME org.xkv.Scope.xml)
endif()
