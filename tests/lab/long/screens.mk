# casvip-web's page in pictures, by a headless Chromium: build/screens/*.png. SCREENS="one_way wrong_key" takes those only.

screens: deps
	@tests/install-deps chromium fonts-dejavu-core
	@$(MAKE) $(PARALLEL) all $(LAB_TOOLS)
	@$(LAB_ENV) tests/lab/long/screens $(SCREENS)

.PHONY: screens
