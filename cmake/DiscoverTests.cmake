# SPDX-License-Identifier: MIT
# dl3_discover_tests(PROGRAM): makes each function of a test program its own CTest entry.
#
# The program is asked for its list just after it was linked, so that the list can never differ
# from what the program holds. Run as a script (cmake -P) this file does the asking.
#
# For another machine or system a program is one entry, and runs all of its functions: under an
# emulator to start it takes longer than most functions do.

if(CMAKE_SCRIPT_MODE_FILE)
	execute_process(
		COMMAND ${PROGRAM} --list
		OUTPUT_VARIABLE names
		RESULT_VARIABLE result
		OUTPUT_STRIP_TRAILING_WHITESPACE)
	if(NOT result EQUAL 0)
		message(FATAL_ERROR "${PROGRAM} --list failed: ${result}")
	endif()
	cmake_path(GET PROGRAM FILENAME stem)
	string(REGEX REPLACE "^test_" "" module ${stem})
	set(script "")
	string(REPLACE "\n" ";" names "${names}")
	foreach(name ${names})
		string(APPEND script
			"add_test(\"${module}.${name}\" \"${PROGRAM}\" \"${name}\")\n"
			"set_tests_properties(\"${module}.${name}\" PROPERTIES LABELS ${module} TIMEOUT ${TIMEOUT})\n")
	endforeach()
	file(WRITE ${OUTPUT} "${script}")
	return()
endif()

set(dl3_discover_script ${CMAKE_CURRENT_LIST_FILE})

function(dl3_discover_tests program)
	set(found ${CMAKE_CURRENT_BINARY_DIR}/${program}.tests.cmake)
	set(include ${CMAKE_CURRENT_BINARY_DIR}/${program}.include.cmake)
	if(CMAKE_CROSSCOMPILING)
		string(REGEX REPLACE "^test_" "" module ${program})
		add_test(NAME ${module} COMMAND ${program})
		# An emulator is some ten times slower than the machine.
		set_tests_properties(${module} PROPERTIES LABELS ${module} TIMEOUT 600)
		return()
	endif()
	add_custom_command(TARGET ${program} POST_BUILD
		COMMAND ${CMAKE_COMMAND}
			-DPROGRAM=$<TARGET_FILE:${program}>
			-DOUTPUT=${found}
			-DTIMEOUT=120
			-P ${dl3_discover_script}
		BYPRODUCTS ${found}
		COMMENT ""
		VERBATIM)
	# A program that was not built must not silently take its tests with it.
	file(WRITE ${include}
		"if(EXISTS \"${found}\")\n"
		"\tinclude(\"${found}\")\n"
		"else()\n"
		"\tadd_test(${program}.NOT_BUILT ${program}.NOT_BUILT)\n"
		"endif()\n")
	set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include})
endfunction()
