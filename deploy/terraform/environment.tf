# The environment that the stage Deploy Migration deploys to, and what must be so before it may start.

resource "azuredevops_environment" "production" {
  project_id  = azuredevops_project.migration.id
  name        = var.environment_name
  description = "Databases that Drover migrates"
}

resource "azuredevops_pipeline_authorization" "environment" {
  project_id  = azuredevops_project.migration.id
  resource_id = azuredevops_environment.production.id
  type        = "environment"
  pipeline_id = azuredevops_build_definition.migration.id
}

data "azuredevops_group" "approvers" {
  for_each   = var.approver_groups
  project_id = azuredevops_project.migration.id
  name       = each.value
}

resource "azuredevops_check_approval" "deploy" {
  project_id                 = azuredevops_project.migration.id
  target_resource_id         = azuredevops_environment.production.id
  target_resource_type       = "environment"
  approvers                  = [for group in data.azuredevops_group.approvers : group.origin_id]
  minimum_required_approvers = var.minimum_approvers
  requester_can_approve      = false
  instructions               = "Read the plan and its digest on the run's summary page before you approve."
  timeout                    = 1440
}

resource "azuredevops_check_business_hours" "low_traffic" {
  count                = var.business_hours == null ? 0 : 1
  project_id           = azuredevops_project.migration.id
  display_name         = "Low-traffic hours"
  target_resource_id   = azuredevops_environment.production.id
  target_resource_type = "environment"
  start_time           = var.business_hours.start_time
  end_time             = var.business_hours.end_time
  time_zone            = var.business_hours.time_zone
  monday               = contains(var.business_hours.days, "monday")
  tuesday              = contains(var.business_hours.days, "tuesday")
  wednesday            = contains(var.business_hours.days, "wednesday")
  thursday             = contains(var.business_hours.days, "thursday")
  friday               = contains(var.business_hours.days, "friday")
  saturday             = contains(var.business_hours.days, "saturday")
  sunday               = contains(var.business_hours.days, "sunday")
  timeout              = 1440
}

resource "azuredevops_check_branch_control" "default_branch" {
  project_id           = azuredevops_project.migration.id
  display_name         = "Only from the default branch"
  target_resource_id   = azuredevops_environment.production.id
  target_resource_type = "environment"
  allowed_branches     = var.default_branch
}

# One migration at a time; with `lockBehavior: sequential` in the pipeline the others wait in order.
resource "azuredevops_check_exclusive_lock" "one_at_a_time" {
  project_id           = azuredevops_project.migration.id
  target_resource_id   = azuredevops_environment.production.id
  target_resource_type = "environment"
  timeout              = 43200
}
